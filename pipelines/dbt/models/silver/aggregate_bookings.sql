-- Bookings per hour, put beside what the source itself counted for that hour.
with per_hour as (
    select
        hour,
        count(*) filter (where user_type = 'casual') as casual_rentals,
        count(*) filter (where user_type = 'registered') as registered_rentals,
        count(*) as rentals,
        {{ exact_sum('ride_minutes') }} as ride_minutes,
        count(distinct vehicle_id) as vehicles_used
    from {{ ref('clean_bookings') }}
    group by hour
)

select
    hours.ds,
    hours.hour,
    hours.hour_start_local,
    coalesce(per_hour.casual_rentals, 0) as casual_rentals,
    coalesce(per_hour.registered_rentals, 0) as registered_rentals,
    coalesce(per_hour.rentals, 0) as rentals,
    coalesce(per_hour.ride_minutes, 0) as ride_minutes,
    coalesce(per_hour.vehicles_used, 0) as vehicles_used,
    hours.rentals as rentals_counted_by_source
from {{ ref('clean_hours') }} as hours
left join per_hour using (hour)
order by hours.hour
