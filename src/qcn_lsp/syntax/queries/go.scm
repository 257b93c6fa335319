; Captures are explained in definitions.py.

(function_declaration name: (_) @name body: (_) @body) @function
(var_declaration
  (var_spec
    name: (_) @name
    value: (expression_list (func_literal body: (_) @body) @function))) @whole

; A receiver is a type, a pointer to one, or either with type parameters.
(method_declaration
  receiver: (parameter_list (parameter_declaration type: [
    (type_identifier) @owner
    (generic_type type: (type_identifier) @owner)
    (pointer_type (type_identifier) @owner)
    (pointer_type (generic_type type: (type_identifier) @owner))
  ]))
  name: (_) @name
  body: (_) @body) @method
(method_declaration name: (_) @name body: (_) @body) @method

(comment) @comment

(import_declaration) @import

; ==== calls ====

(call_expression function: (identifier) @call)
(call_expression function: (selector_expression field: (_) @call))
