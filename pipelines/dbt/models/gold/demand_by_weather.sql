-- What the weather did to demand.
select
    weather.ds,
    weather.condition,
    count(*) as hours,
    sum(bookings.rentals) as rentals,
    round(avg(bookings.rentals), 1) as rentals_per_hour,
    round(avg(weather.temperature_c), 1) as mean_temperature_c
from {{ ref('clean_weather') }} as weather
inner join {{ ref('aggregate_bookings') }} as bookings using (hour)
group by weather.ds, weather.condition
order by weather.condition
