; Captures are explained in definitions.py.

(function_definition name: (identifier) @name body: (_) @body) @function
(decorated_definition
  definition: (function_definition name: (identifier) @name body: (_) @body) @function) @whole

(class_definition name: (identifier) @name body: (_) @body) @class
(decorated_definition
  definition: (class_definition name: (identifier) @name body: (_) @body) @class) @whole

(comment) @comment

[(import_statement) (import_from_statement) (future_import_statement)] @import

; ==== calls ====

(call function: (identifier) @call)
(call function: (attribute attribute: (identifier) @call))
