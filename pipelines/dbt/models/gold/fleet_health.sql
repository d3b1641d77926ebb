-- How each vehicle came through the day, and which ones somebody should look at.
with pings as (
    select
        vehicle_id,
        count(*) as pings,
        count(*) filter (where is_late) as late_pings,
        count(*) filter (where battery_pct is null) as pings_without_battery,
        count(*) filter (where event = 'end') as rides_ended,
        min(battery_pct) as lowest_battery_pct,
        arg_max(battery_pct, (event_at_local, ping_id)) as last_battery_pct,
        arg_max(station, (event_at_local, ping_id)) as last_station,
        max(event_at_local) as last_seen_at_local,
        {{ exact_mean('speed_kmh') }} as mean_speed_kmh
    from {{ ref('clean_vehicle_telemetry') }}
    group by vehicle_id
)

select
    date '{{ run_date() }}' as ds,
    *,
    case
        when last_battery_pct is null then 'no reading'
        when last_battery_pct < 15 then 'charge now'
        when last_battery_pct < 30 then 'charge soon'
        else 'ok'
    end as charge_state
from pings
order by vehicle_id
