; Captures are explained in definitions.py.

(function_definition name: (_) @name body: (_) @body) @function
(method_declaration name: (_) @name body: (_) @body) @function
(expression_statement
  (assignment_expression
    left: (_) @name
    right: [(anonymous_function body: (_) @body) (arrow_function body: (_) @body)] @function)) @whole

(program
  (expression_statement
    [
      (scoped_call_expression
        name: (_) @name
        arguments: (arguments (argument [(anonymous_function body: (_) @body) (arrow_function body: (_) @body)])))
      (member_call_expression
        name: (_) @name
        arguments: (arguments (argument [(anonymous_function body: (_) @body) (arrow_function body: (_) @body)])))
      (function_call_expression
        function: (_) @name
        arguments: (arguments (argument [(anonymous_function body: (_) @body) (arrow_function body: (_) @body)])))
    ]) @callback)
(program
  (expression_statement
    (scoped_call_expression
      scope: (_) @owner
      name: (_) @name
      arguments: (arguments (argument [(anonymous_function body: (_) @body) (arrow_function body: (_) @body)])))) @callback)
(program
  (expression_statement
    (member_call_expression
      object: (_) @owner
      name: (_) @name
      arguments: (arguments (argument [(anonymous_function body: (_) @body) (arrow_function body: (_) @body)])))) @callback)

[
  (class_declaration name: (_) @name body: (_) @body)
  (interface_declaration name: (_) @name body: (_) @body)
  (trait_declaration name: (_) @name body: (_) @body)
  (enum_declaration name: (_) @name body: (_) @body)
] @class

(comment) @comment
(php_tag) @comment

(namespace_use_declaration) @import
(expression_statement
  [(require_expression) (require_once_expression) (include_expression) (include_once_expression)]) @import

; ==== calls ====

(function_call_expression function: (name) @call)
(function_call_expression function: (qualified_name (name) @call))
(member_call_expression name: (name) @call)
(nullsafe_member_call_expression name: (name) @call)
(scoped_call_expression name: (name) @call)
(object_creation_expression (name) @call)
