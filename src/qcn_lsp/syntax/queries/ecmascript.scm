; What JavaScript and TypeScript share. Captures are explained in definitions.py.

[
  (function_declaration name: (_) @name body: (_) @body)
  (generator_function_declaration name: (_) @name body: (_) @body)
  (method_definition name: (_) @name body: (_) @body)
] @function
(export_statement
  declaration: [
    (function_declaration name: (_) @name body: (_) @body)
    (generator_function_declaration name: (_) @name body: (_) @body)
  ] @function) @whole
(export_statement
  "default" @name
  value: [
    (function_expression body: (_) @body)
    (generator_function body: (_) @body)
    (arrow_function body: (_) @body)
  ] @function) @whole

; A function with the name of what it is assigned to.
(lexical_declaration
  (variable_declarator
    name: (_) @name
    value: [
      (function_expression body: (_) @body)
      (generator_function body: (_) @body)
      (arrow_function body: (_) @body)
    ] @function)) @whole
(variable_declaration
  (variable_declarator
    name: (_) @name
    value: [
      (function_expression body: (_) @body)
      (generator_function body: (_) @body)
      (arrow_function body: (_) @body)
    ] @function)) @whole
(export_statement
  declaration: (_
    (variable_declarator
      name: (_) @name
      value: [
        (function_expression body: (_) @body)
        (generator_function body: (_) @body)
        (arrow_function body: (_) @body)
      ] @function))) @whole
(expression_statement
  (assignment_expression
    left: (_) @name
    right: [
      (function_expression body: (_) @body)
      (generator_function body: (_) @body)
      (arrow_function body: (_) @body)
    ] @function)) @whole
(pair
  key: (_) @name
  value: [
    (function_expression body: (_) @body)
    (generator_function body: (_) @body)
    (arrow_function body: (_) @body)
  ] @function) @whole

; A function that a call wraps: app.get("/x", …), const handler = guarded(…).
(program
  (expression_statement
    (call_expression
      function: (_) @name
      arguments: (arguments [(function_expression body: (_) @body) (arrow_function body: (_) @body)]))) @callback)
(program
  (expression_statement
    (await_expression
      (call_expression
        function: (_) @name
        arguments: (arguments [(function_expression body: (_) @body) (arrow_function body: (_) @body)])))) @callback)
(program
  (expression_statement
    (assignment_expression
      left: (_) @name
      right: (call_expression
        arguments: (arguments [(function_expression body: (_) @body) (arrow_function body: (_) @body)])))) @callback)
(program
  (_
    (variable_declarator
      name: (_) @name
      value: (call_expression
        arguments: (arguments [(function_expression body: (_) @body) (arrow_function body: (_) @body)])))) @callback)
(program
  (export_statement
    declaration: (_
      (variable_declarator
        name: (_) @name
        value: (call_expression
          arguments: (arguments [(function_expression body: (_) @body) (arrow_function body: (_) @body)]))))) @callback)
(program
  (export_statement
    "default" @name
    value: (call_expression
      arguments: (arguments [(function_expression body: (_) @body) (arrow_function body: (_) @body)]))) @callback)

(class_declaration name: (_) @name body: (_) @body) @class
(export_statement declaration: (class_declaration name: (_) @name body: (_) @body) @class) @whole
(export_statement "default" @name value: (class body: (_) @body) @class) @whole
(lexical_declaration (variable_declarator name: (_) @name value: (class body: (_) @body) @class)) @whole
(variable_declaration (variable_declarator name: (_) @name value: (class body: (_) @body) @class)) @whole
(expression_statement (assignment_expression left: (_) @name right: (class body: (_) @body) @class)) @whole

(variable_declarator name: (_) @name value: (object)) @scope
(assignment_expression left: (_) @name right: (object)) @scope
(pair key: (_) @name value: (object)) @scope

[(comment) (html_comment) (hash_bang_line)] @comment

(import_statement) @import
(export_statement source: (_)) @import
(program
  (_
    (variable_declarator
      value: (call_expression
        function: (identifier) @_require (#eq? @_require "require")))) @import)
(program
  (expression_statement
    (call_expression function: (identifier) @_require (#eq? @_require "require"))) @import)

; ==== calls ====

(call_expression function: (identifier) @call)
(call_expression function: (member_expression property: (_) @call))
(new_expression constructor: (identifier) @call)
(new_expression constructor: (member_expression property: (_) @call))
