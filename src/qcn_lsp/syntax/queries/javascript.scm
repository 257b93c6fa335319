; Only what TypeScript's grammar calls differently. Captures are explained in definitions.py.

(field_definition
  property: (_) @name
  value: [
    (function_expression body: (_) @body)
    (generator_function body: (_) @body)
    (arrow_function body: (_) @body)
  ] @function) @whole

; ==== calls ====
