-- No rental is lost or counted twice on the way to Gold: the day's figure is the source's own sum.
{{ config(tags=['gold']) }}
select kpi.ds, kpi.rentals, hours.rentals as rentals_of_the_source
from {{ ref('kpi_summary') }} as kpi
cross join (select coalesce(sum(rentals), 0) as rentals from {{ ref('clean_hours') }}) as hours
where kpi.rentals <> hours.rentals
