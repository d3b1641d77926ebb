-- The source leaves an hour out now and then (ten times in half a year): that is told. A day full of holes stops the line.
{{ config(severity='error', warn_if='>0', error_if='>3', tags=['silver']) }}
select ds, hour
from {{ ref('source_hours') }}
where source = 'hourly_counts' and lines = 0
