; Captures are explained in definitions.py.

; Only a definition with a body: the node for where its signature ends.
(method name: (_) @name body: (_)? @body) @function
(singleton_method name: (_) @name body: (_)? @body) @method
; private def name
(call
  method: (identifier)
  arguments: (argument_list . (method name: (_) @name body: (_)? @body) @function .)) @whole

; get "/path" do … end
(program (call method: (_) @name block: (do_block) @body) @callback)
(class body: (body_statement (call method: (_) @name block: (do_block) @body) @callback))
(module body: (body_statement (call method: (_) @name block: (do_block) @body) @callback))

(class name: (_) @name body: (_)? @body) @class
(module name: (_) @name body: (_)? @body) @class

(comment) @comment

(call
  !receiver
  method: (identifier) @_require
  (#any-of? @_require "require" "require_relative" "load" "autoload")) @import

; ==== calls ====

(call method: (identifier) @call)
(call method: (constant) @call)
