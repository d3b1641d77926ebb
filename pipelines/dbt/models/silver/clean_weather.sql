-- The weather of each hour with real measurements only: a humidity or wind of 0 means that nobody measured.
select
    dteday as ds,
    {{ hour_number('hr') }} as hour,
    timezone('America/New_York', dteday + to_hours({{ hour_number('hr') }})) as observed_at,
    coalesce(weathersit, 'unknown') as condition,
    round(temp, 2) as temperature_c,
    round(atemp, 2) as felt_temperature_c,
    nullif(round(hum, 1), 0) as humidity_pct,
    nullif(round(windspeed, 1), 0) as wind_kmh
from {{ bronze('weather') }}
order by hour
