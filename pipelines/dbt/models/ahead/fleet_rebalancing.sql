-- How many vehicles to bring to each station for the coming day: what usually runs out there, less where rain will keep
-- people at home. The weather is that of the nearest of the fifty cities (`fleet_location`).
with balance as (
    {{ lake_days('station_balance', 7, {'ds': 'date', 'station': 'varchar', 'net_vehicles': 'bigint'}) }}
),

hours as (
    {{ lake_days('demand_features_hourly', 28, {'ds': 'date', 'hour': 'bigint', 'condition': 'varchar', 'rentals': 'bigint'}) }}
),

-- Rain keeps people at home: by how much, the last four weeks say. Compared hour by hour: it rains at night, too.
by_hour as (
    select
        hour,
        avg(rentals) filter (where condition in ('Clear', 'Mist')) as dry,
        avg(rentals) filter (where condition in ('Light Rain', 'Heavy Rain')) as wet
    from hours
    group by hour
),

effect as (
    select coalesce(least(sum(wet) / nullif(sum(dry), 0), 1), 1) as of_rain from by_hour where wet is not null
),

weather as (
    select
        count(*) as hours,
        count(*) filter (where precipitation > 0) as rain_hours,
        {{ exact_mean('temp') }} as mean_temp
    from {{ coming_weather() }}
    where location_id = {{ var('fleet_location') }}
),

usual as (
    select station, count(*) as days, {{ exact_mean('net_vehicles') }} as net_vehicles_a_day from balance group by station
),

factors as (
    select *, round(1 - (1 - of_rain) * rain_hours / nullif(hours, 0), 3) as demand_factor from weather, effect
)

select
    date '{{ run_date() }}' as ds,
    usual.station,
    usual.days,
    usual.net_vehicles_a_day,
    factors.rain_hours,
    factors.mean_temp,
    factors.demand_factor,
    cast(round(-usual.net_vehicles_a_day * factors.demand_factor) as bigint) as vehicles_to_bring
from usual, factors
order by usual.station
