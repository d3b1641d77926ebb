{#- What models that look ahead read: the weather to come, and other dates of Gold. They are no ref(): dbt would build
    views over the run's own date. -#}

{#- The hours from `from_hour` on that the newest poll brought. Parquet files are by date in UTC: two are looked at. -#}
{%- macro coming_weather() -%}
  {%- set first = "timestamptz '" ~ from_hour() ~ "'" -%}
  (
    select location_id, timestamp, temp, precipitation
    from read_parquet('{{ adapter.external_root() }}/silver/weather_conditions/ds=*/data.parquet', hive_partitioning = true)
    where ds between cast({{ first }} as date) and cast({{ first }} + interval 1 day as date)
      and timestamp >= {{ first }} and timestamp < {{ first }} + interval 24 hours
  )
{%- endmacro -%}

{%- macro from_hour() -%}
  {%- set given = var('from_hour', none) -%}
  {%- if execute and not given -%}
    {{ exceptions.raise_compiler_error("no from_hour: pass --vars '{\"from_hour\": \"YYYY-MM-DD HH:00:00+00\"}'") }}
  {%- endif -%}
  {{ given }}
{%- endmacro -%}

{#- The rows of a Gold table for the days before the run's date, as far as they are there; with none there are no rows. -#}
{%- macro lake_days(table, days, columns) -%}
  {%- set files = [] -%}
  {%- if execute -%}
    {%- set asked -%}
      select file from glob('{{ adapter.external_root() }}/gold/{{ table }}/ds=*/data.parquet')
      where cast(regexp_extract(file, 'ds=(\d{4}-\d\d-\d\d)', 1) as date)
        between date '{{ run_date() }}' - {{ days }} and date '{{ run_date() }}' - 1
      order by file
    {%- endset -%}
    {%- for row in run_query(asked).rows -%}{%- do files.append("'" ~ row[0] ~ "'") -%}{%- endfor -%}
  {%- endif -%}
  {%- if files -%}
    select {{ columns | join(', ') }} from read_parquet([{{ files | join(', ') }}], hive_partitioning = false)
  {%- else -%}
    select {% for name, kind in columns.items() %}cast(null as {{ kind }}) as {{ name }}{{ ', ' if not loop.last }}{% endfor %} where false
  {%- endif -%}
{%- endmacro -%}

{#- The fifty cities, as the pipeline asks for them. -#}
{%- macro cities() -%}
  read_csv('{{ env_var('DBT_PROJECT_DIR', '.') }}/../data/cities50.csv', header = true)
{%- endmacro -%}

{#- Millimetres in an hour, in the words that Silver has for what was measured. -#}
{%- macro rain(column) -%}
  case when {{ column }} >= 2.5 then 'Heavy Rain' when {{ column }} > 0 then 'Light Rain' else 'none' end
{%- endmacro -%}
