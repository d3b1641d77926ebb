-- What a forecast of demand may know about the coming day of each city: its weather, its calendar, and how the fleet was
-- used at that hour on such days lately (rentals in Washington: the shape is what is of use elsewhere).
with recent as (
    {{ lake_days('demand_features_hourly', 28, {
        'ds': 'date', 'hour': 'bigint', 'is_working_day': 'boolean', 'rentals': 'bigint'
    }) }}
),

usual as (
    select hour, is_working_day, {{ exact_mean('rentals') }} as rentals
    from recent
    group by hour, is_working_day
),

coming as (
    select
        weather.location_id,
        cities.name as city,
        weather.timestamp,
        timezone(cities.timezone, weather.timestamp) as timestamp_local,
        weather.temp,
        weather.precipitation
    from {{ coming_weather() }} as weather
    inner join {{ cities() }} as cities on cities.geonameid = weather.location_id
),

hours as (
    select *, extract(hour from timestamp_local) as hour, isodow(timestamp_local) as weekday_number from coming
)

select
    date '{{ run_date() }}' as ds,
    hours.location_id,
    hours.city,
    hours.timestamp,
    hours.hour,
    hours.weekday_number,
    hours.weekday_number < 6 as is_working_day,
    round(sin(2 * pi() * hours.hour / 24), 6) as hour_sin,
    round(cos(2 * pi() * hours.hour / 24), 6) as hour_cos,
    hours.temp,
    hours.precipitation,
    {{ rain('hours.precipitation') }} as rain,
    usual.rentals as usual_rentals
from hours
left join usual on usual.hour = hours.hour and usual.is_working_day = (hours.weekday_number < 6)
order by hours.location_id, hours.timestamp
