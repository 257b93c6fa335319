; C, and the part of it that C++ shares. Captures are explained in definitions.py.

; The name of a function is below as many pointers as its result has.
(function_definition
  declarator: [
    (function_declarator declarator: (_) @name)
    (pointer_declarator declarator: (function_declarator declarator: (_) @name))
    (pointer_declarator declarator: (pointer_declarator declarator: (function_declarator declarator: (_) @name)))
    (parenthesized_declarator (function_declarator declarator: (_) @name))
  ]
  body: (_) @body) @function
(function_definition body: (_) @body) @function

(comment) @comment

(preproc_include) @import

; ==== calls ====

(call_expression function: (identifier) @call)
(call_expression function: (field_expression field: (field_identifier) @call))
