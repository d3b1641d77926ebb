{#- Rows for which the condition holds: a test that reads as the sentence it is named after. -#}
{%- test rows_where(model, condition, column_name=none) -%}
  select * from {{ model }} where {{ condition }}
{%- endtest -%}

{#- One row if the part is more than so many percent of the whole. -#}
{%- test share_at_most(model, of, percent, part=none, column_name=none) -%}
  select part, whole, round(100.0 * part / whole, 2) as percent
  from (select sum({{ part or column_name }}) as part, sum({{ of }}) as whole from {{ model }})
  where part > whole * {{ percent }} / 100.0
{%- endtest -%}

{#- Rows of which there is more than one with the same values in these columns. -#}
{%- test unique_together(model, columns) -%}
  select {{ columns | join(', ') }}, count(*) as times from {{ model }} group by {{ columns | join(', ') }} having count(*) > 1
{%- endtest -%}
