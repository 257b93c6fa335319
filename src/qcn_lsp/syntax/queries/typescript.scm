; TypeScript and TSX, on top of ecmascript.scm. Captures are explained in definitions.py.

(public_field_definition
  name: (_) @name
  value: [
    (function_expression body: (_) @body)
    (generator_function body: (_) @body)
    (arrow_function body: (_) @body)
  ] @function) @whole

(abstract_class_declaration name: (_) @name body: (_) @body) @class
(export_statement declaration: (abstract_class_declaration name: (_) @name body: (_) @body) @class) @whole

(internal_module name: (_) @name) @scope
(module name: (_) @name) @scope

(class_body (decorator) @prefix)

(import_alias) @import

; ==== calls ====
