{#- Figures that come out the same, byte for byte, however many threads work: floating point numbers would be added in
    another order each time, decimals do not mind. Whole numbers are cast back, for sum() of DuckDB makes them wider. -#}

{%- macro whole_sum(column) -%}
  cast(coalesce(sum({{ column }}), 0) as bigint)
{%- endmacro -%}

{%- macro exact_sum(column, digits=1) -%}
  cast(sum(cast({{ column }} as decimal(12, {{ digits }}))) as double)
{%- endmacro -%}

{%- macro exact_mean(column, digits=1) -%}
  round({{ exact_sum(column, 4) }} / count({{ column }}), {{ digits }})
{%- endmacro -%}
