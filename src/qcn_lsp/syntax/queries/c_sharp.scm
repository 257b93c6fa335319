; Captures are explained in definitions.py.

[
  (method_declaration name: (_) @name body: (_) @body)
  (constructor_declaration name: (_) @name body: (_) @body)
  (destructor_declaration name: (_) @name body: (_) @body)
  (operator_declaration "operator" @name body: (_) @body)
  (conversion_operator_declaration "operator" @name body: (_) @body)
  (indexer_declaration "this" @name accessors: (accessor_list (accessor_declaration body: (_))) @body)
  (indexer_declaration "this" @name value: (_) @body)
  (event_declaration name: (_) @name accessors: (_) @body)
] @function

; A property without code of its own (`{ get; set; }`) is a member like a field.
(property_declaration
  name: (_) @name
  accessors: (accessor_list (accessor_declaration body: (_))) @body) @function
(property_declaration name: (_) @name value: (arrow_expression_clause) @body) @function

(global_statement (local_function_statement name: (_) @name body: (_) @body) @function) @whole
(compilation_unit
  (global_statement
    (expression_statement
      (invocation_expression
        function: (_) @name
        arguments: (argument_list (argument [
          (lambda_expression body: (_) @body)
          (anonymous_method_expression (block) @body)
        ]))))) @callback)

[
  (class_declaration name: (_) @name body: (_) @body)
  (struct_declaration name: (_) @name body: (_) @body)
  (interface_declaration name: (_) @name body: (_) @body)
  (record_declaration name: (_) @name body: (_) @body)
  (enum_declaration name: (_) @name body: (_) @body)
] @class

(comment) @comment

(using_directive) @import

; ==== calls ====

(invocation_expression function: (identifier) @call)
(invocation_expression function: (generic_name (identifier) @call))
(invocation_expression function: (member_access_expression name: (identifier) @call))
(invocation_expression function: (member_access_expression name: (generic_name (identifier) @call)))
(invocation_expression
  function: (conditional_access_expression (member_binding_expression name: (identifier) @call)))
(object_creation_expression type: (identifier) @call)
(object_creation_expression type: (generic_name (identifier) @call))
