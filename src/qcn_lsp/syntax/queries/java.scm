; Captures are explained in definitions.py.

[
  (method_declaration name: (_) @name body: (_) @body)
  (constructor_declaration name: (_) @name body: (_) @body)
  (compact_constructor_declaration name: (_) @name body: (_) @body)
] @function
(static_initializer "static" @name (block) @body) @method

[
  (class_declaration name: (_) @name body: (_) @body)
  (interface_declaration name: (_) @name body: (_) @body)
  (enum_declaration name: (_) @name body: (_) @body)
  (record_declaration name: (_) @name body: (_) @body)
  (annotation_type_declaration name: (_) @name body: (_) @body)
  (enum_constant name: (_) @name body: (_) @body)
] @class

[(line_comment) (block_comment)] @comment

(import_declaration) @import

; ==== calls ====

(method_invocation name: (_) @call)
(object_creation_expression type: (type_identifier) @call)
(object_creation_expression type: (generic_type (type_identifier) @call))
