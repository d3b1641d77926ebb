{#- The lake: one Parquet file per model and date, <root>/<silver|gold>/<model>/ds=YYYY-MM-DD/data.parquet.

    The root comes from the profile and the date from `run_date`, both when the model runs. Nothing here is a config(). -#}

{%- macro lake_folder(node) -%}
  {{ adapter.external_root() }}/{{ node.schema }}/{{ node.name }}/ds={{ run_date() }}
{%- endmacro -%}

{%- macro run_date() -%}
  {%- set given = var('run_date', none) -%}
  {%- if execute and not given -%}
    {{ exceptions.raise_compiler_error("no run_date: pass --vars '{\"run_date\": \"YYYY-MM-DD\"}'") }}
  {%- endif -%}
  {{ given }}
{%- endmacro -%}

{#- Writes the model's file and puts a view over it, so that what comes next in this process reads what is in the lake.

    The file appears under its name when it is complete; running a date again writes the same bytes (models order their
    rows). Tells dbt how many rows it wrote. -#}
{%- materialization lake, adapter="duckdb" -%}
  {%- set folder = lake_folder(model) -%}
  {%- set rows_name = model.name ~ '__rows' -%}
  {{ run_hooks(pre_hooks) }}

  {%- call statement('folder', language='sql') -%} select make_folder('{{ folder }}') {%- endcall -%}
  {%- call statement('schema', language='sql') -%} create schema if not exists {{ this.without_identifier() }} {%- endcall -%}
  {%- call statement('build', language='sql') -%}
    create or replace temp table {{ rows_name }} as (
      {{ compiled_code }}
    )
  {%- endcall -%}
  {%- call statement('write', fetch_result=true, language='sql') -%}
    copy {{ rows_name }} to '{{ folder }}/data.parquet' (format parquet, compression zstd{{ tmp_file_option(folder) }})
  {%- endcall -%}
  {%- set rows = load_result('write')['data'][0][0] -%}
  {%- call statement('view', language='sql') -%}
    create or replace view {{ this }} as select * from read_parquet('{{ folder }}/data.parquet', hive_partitioning = false)
  {%- endcall -%}
  {%- call statement('done', language='sql') -%} drop table {{ rows_name }} {%- endcall -%}

  {{ run_hooks(post_hooks) }}
  {%- do adapter.commit() -%}
  {%- do store_raw_result('main', message='OK ' ~ rows, code='OK', rows_affected=rows) -%}
  {{ return({'relations': [this.incorporate(type='view')]}) }}
{%- endmaterialization -%}

{%- macro tmp_file_option(folder) -%}
  {%- if '://' not in folder -%}, use_tmp_file true{%- endif -%}
{%- endmacro -%}

{#- Every process starts with an empty database: models of the lake that are read but not built now become views. -#}
{%- macro register_lake_views() -%}
  {%- if execute -%}
    {%- set wanted = {} -%}
    {%- for id in selected_resources if id in graph.nodes -%}
      {%- for upstream in graph.nodes[id].depends_on.nodes if upstream in graph.nodes and upstream not in selected_resources -%}
        {%- if graph.nodes[upstream].config.materialized == 'lake' -%}{%- do wanted.update({upstream: 1}) -%}{%- endif -%}
      {%- endfor -%}
    {%- endfor -%}
    {%- for id in wanted -%}
      {%- set node = graph.nodes[id] -%}
      {%- do run_query('create schema if not exists ' ~ node.schema) -%}
      {%- do run_query('create or replace view ' ~ node.schema ~ '.' ~ node.alias ~ " as select * from read_parquet('"
                       ~ lake_folder(node) ~ "/data.parquet', hive_partitioning = false)") -%}
    {%- endfor -%}
    {%- if wanted -%}{%- do adapter.commit() -%}{%- endif -%}
  {%- endif -%}
{%- endmacro -%}
