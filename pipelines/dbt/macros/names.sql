{#- Schemas are called silver and gold, without the target's name in front: the layers are the same everywhere. -#}
{%- macro generate_schema_name(custom_schema_name, node) -%}
  {{ custom_schema_name or target.schema }}
{%- endmacro -%}

{#- '12am' .. '11pm', as the source writes it, as a number from 0 to 23. -#}
{%- macro hour_number(text) -%}
  cast(strftime(strptime({{ text }}, '%I%p'), '%H') as integer)
{%- endmacro -%}
