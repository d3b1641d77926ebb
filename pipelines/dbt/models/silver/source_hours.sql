-- What arrived: one row per source and published hour, the empty ones too ("nothing came" is a fact).
with published as (
    {% for source in ['bookings', 'hourly_counts', 'vehicle_telemetry', 'weather'] %}
    select '{{ source }}' as source, file as object from glob('{{ bronze_objects(source) }}')
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

lines as (
    select object, count(*) as lines, count(distinct booking_id) as distinct_lines from {{ bronze('bookings') }} group by object
    union all
    select object, count(*), count(distinct hr) from {{ bronze('hourly_counts') }} group by object
    union all
    select object, count(*), count(distinct ping_id) from {{ bronze('vehicle_telemetry') }} group by object
    union all
    select object, count(*), count(distinct hr) from {{ bronze('weather') }} group by object
)

select
    date '{{ run_date() }}' as ds,
    published.source,
    cast(regexp_extract(published.object, 'hr=(\d\d)', 1) as integer) as hour,
    coalesce(lines.lines, 0) as lines,
    coalesce(lines.lines - lines.distinct_lines, 0) as doubles
from published
left join lines using (object)
order by source, hour
