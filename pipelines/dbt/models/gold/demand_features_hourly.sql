-- What a forecast may know about an hour, and the demand that came. Lags (yesterday, last week) are left to the reader:
-- a date's file must depend on that date's Bronze alone, or the order of a backfill would change what it holds.
select
    bookings.ds,
    bookings.hour,
    bookings.hour_start_local,
    hours.weekday,
    isodow(bookings.ds) as weekday_number,
    extract(month from bookings.ds) as month_number,
    hours.is_holiday,
    hours.is_working_day,
    hours.season,
    round(sin(2 * pi() * bookings.hour / 24), 6) as hour_sin,
    round(cos(2 * pi() * bookings.hour / 24), 6) as hour_cos,
    weather.condition,
    weather.temperature_c,
    weather.felt_temperature_c,
    weather.humidity_pct,
    weather.wind_kmh,
    bookings.casual_rentals,
    bookings.registered_rentals,
    bookings.rentals
from {{ ref('aggregate_bookings') }} as bookings
inner join {{ ref('clean_hours') }} as hours using (hour)
left join {{ ref('clean_weather') }} as weather using (hour)
order by bookings.hour
