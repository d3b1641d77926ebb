-- Bookings without their doubles are as many as the source counted, hour by hour.
{{ config(tags=['silver']) }}
select ds, hour, rentals, rentals_counted_by_source
from {{ ref('aggregate_bookings') }}
where rentals <> rentals_counted_by_source
