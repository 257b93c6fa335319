; Captures are explained in definitions.py.

(function_item name: (_) @name body: (_) @body) @function

; impl blocks carry the type's name, whatever trait they implement.
(impl_item
  type: [
    (type_identifier) @name
    (scoped_type_identifier) @name
    (generic_type type: (_) @name)
    (reference_type type: (type_identifier) @name)
    (reference_type type: (generic_type type: (_) @name))
  ]
  body: (_) @body) @class
(impl_item type: (_) @name body: (_) @body) @class
(trait_item name: (_) @name body: (_) @body) @class

(mod_item name: (_) @name body: (_)) @scope

(attribute_item) @prefix

[(line_comment) (block_comment)] @comment

[(use_declaration) (extern_crate_declaration) (mod_item !body)] @import

; ==== calls ====

(call_expression function: (identifier) @call)
(call_expression function: (field_expression field: (field_identifier) @call))
(call_expression function: (scoped_identifier name: (identifier) @call))
(call_expression function: (generic_function function: (identifier) @call))
(call_expression function: (generic_function function: (scoped_identifier name: (identifier) @call)))
(call_expression function: (generic_function function: (field_expression field: (field_identifier) @call)))
(macro_invocation macro: (identifier) @call)
(macro_invocation macro: (scoped_identifier name: (identifier) @call))
