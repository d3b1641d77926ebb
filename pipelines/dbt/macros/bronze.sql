{#- All hours so far of one Bronze source for the run's date, with the columns and types that sources.yml declares.
    `object` is the path of the object that a line came from. -#}
{%- macro bronze(name) -%}
  {%- set relation = source('bronze', name) -%}
  {%- if execute -%}
    {%- set columns = graph.sources['source.' ~ project_name ~ '.bronze.' ~ name].columns -%}
    (
      select *
      from read_json(
        '{{ bronze_objects(name) }}',
        format = 'newline_delimited',
        filename = 'object',
        hive_partitioning = false,
        columns = {
          {%- for column in columns.values() %}
          {{ column.name }}: '{{ column.data_type }}'{{ "," if not loop.last }}
          {%- endfor %}
        }
      )
    )
  {%- else -%}
    {{ relation }}
  {%- endif -%}
{%- endmacro -%}

{%- macro bronze_objects(name) -%}
  {{ adapter.external_root() }}/bronze/{{ name }}/ds={{ run_date() }}/hr=*.jsonl.gz
{%- endmacro -%}
