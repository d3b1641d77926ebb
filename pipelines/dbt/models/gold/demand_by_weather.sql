-- What the weather did to demand.
select
    weather.ds,
    weather.condition,
    count(*) as hours,
    {{ whole_sum('bookings.rentals') }} as rentals,
    {{ exact_mean('bookings.rentals') }} as rentals_per_hour,
    {{ exact_mean('weather.temperature_c') }} as mean_temperature_c
from {{ ref('clean_weather') }} as weather
inner join {{ ref('aggregate_bookings') }} as bookings using (hour)
group by weather.ds, weather.condition
order by weather.condition
