; C++, on top of c.scm. Captures are explained in definitions.py.

(function_definition
  declarator: (reference_declarator (function_declarator declarator: (_) @name))
  body: (_) @body) @function
(function_definition declarator: (operator_cast type: (_) @name) body: (_) @body) @function
(template_declaration
  (function_definition
    declarator: [
      (function_declarator declarator: (_) @name)
      (pointer_declarator declarator: (function_declarator declarator: (_) @name))
      (reference_declarator (function_declarator declarator: (_) @name))
    ]
    body: (_) @body) @function) @whole
(template_declaration (function_definition body: (_) @body) @function) @whole

; Out of its class: void Server::handle() {}
(function_definition
  declarator: [
    (function_declarator declarator: (qualified_identifier) @name)
    (pointer_declarator declarator: (function_declarator declarator: (qualified_identifier) @name))
    (reference_declarator (function_declarator declarator: (qualified_identifier) @name))
    (qualified_identifier) @name
  ]
  body: (_) @body) @method

[
  (class_specifier name: (_) @name body: (_) @body)
  (struct_specifier name: (_) @name body: (_) @body)
  (union_specifier name: (_) @name body: (_) @body)
] @class
(template_declaration
  [
    (class_specifier name: (_) @name body: (_) @body)
    (struct_specifier name: (_) @name body: (_) @body)
  ] @class) @whole

(namespace_definition name: (_) @name) @scope

[(using_declaration) (namespace_alias_definition)] @import

; ==== calls ====

(call_expression function: (qualified_identifier name: (identifier) @call))
(call_expression function: (qualified_identifier name: (qualified_identifier name: (identifier) @call)))
(call_expression function: (template_function name: (identifier) @call))
(call_expression function: (qualified_identifier name: (template_function name: (identifier) @call)))
(call_expression function: (field_expression field: (template_method name: (_) @call)))
(new_expression type: (type_identifier) @call)
