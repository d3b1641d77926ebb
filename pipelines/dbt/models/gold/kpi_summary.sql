-- The day in one row.
with hours as (
    select
        count(*) as hours_covered,
        {{ whole_sum('rentals') }} as rentals,
        {{ whole_sum('casual_rentals') }} as casual_rentals,
        {{ whole_sum('registered_rentals') }} as registered_rentals,
        arg_max(hour, (rentals, -hour)) as peak_hour,
        max(rentals) as peak_hour_rentals
    from {{ ref('aggregate_bookings') }}
),

rides as (
    select
        round({{ exact_sum('ride_minutes') }} / 60, 2) as ride_hours,
        round(median(ride_minutes), 1) as median_ride_minutes,
        count(distinct vehicle_id) as vehicles_used
    from {{ ref('clean_bookings') }}
),

weather as (
    select
        {{ exact_mean('temperature_c') }} as mean_temperature_c,
        count(*) filter (where condition in ('Light Rain', 'Heavy Rain')) as rain_hours
    from {{ ref('clean_weather') }}
),

published as (
    select count(*) as hours_published from {{ ref('source_hours') }} where source = 'hourly_counts'
)

select
    date '{{ run_date() }}' as ds,
    strftime(date '{{ run_date() }}', '%a') as weekday,
    published.hours_published,
    hours.hours_covered,
    hours.rentals,
    hours.casual_rentals,
    hours.registered_rentals,
    round(100.0 * hours.casual_rentals / nullif(hours.rentals, 0), 1) as casual_share_pct,
    hours.peak_hour,
    hours.peak_hour_rentals,
    rides.ride_hours,
    rides.median_ride_minutes,
    rides.vehicles_used,
    round(hours.rentals / nullif(rides.vehicles_used, 0), 2) as rentals_per_vehicle,
    weather.mean_temperature_c,
    weather.rain_hours
from hours, rides, weather, published
