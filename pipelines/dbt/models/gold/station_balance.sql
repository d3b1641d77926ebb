-- Where vehicles pile up and where they run out: the morning's work list of the crew that moves them.
with departures as (
    select start_station as station, count(*) as departures from {{ ref('clean_bookings') }} group by start_station
),

arrivals as (
    select end_station as station, count(*) as arrivals from {{ ref('clean_bookings') }} group by end_station
)

select
    date '{{ run_date() }}' as ds,
    station,
    coalesce(departures, 0) as departures,
    coalesce(arrivals, 0) as arrivals,
    coalesce(arrivals, 0) - coalesce(departures, 0) as net_vehicles
from departures
full join arrivals using (station)
order by station
