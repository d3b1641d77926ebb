-- How long people ride, members and others apart.
select
    ds,
    user_type,
    count(*) as rides,
    round({{ exact_sum('ride_minutes') }} / 60, 2) as ride_hours,
    round(quantile_cont(ride_minutes, 0.5), 1) as median_minutes,
    round(quantile_cont(ride_minutes, 0.95), 1) as p95_minutes,
    count(*) filter (where ride_minutes > 60) as rides_over_an_hour
from {{ ref('clean_bookings') }}
group by ds, user_type
order by user_type
