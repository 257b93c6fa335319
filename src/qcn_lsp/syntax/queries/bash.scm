; Captures are explained in definitions.py.

(function_definition name: (_) @name body: (_) @body) @function

(comment) @comment

(command name: (command_name) @_source (#any-of? @_source "source" ".")) @import

; ==== calls ====

(command name: (command_name (word) @call))
