-- One row per ping that arrived on the date. A ping may be late, and be about the evening before.
select
    cast(received_at as date) as ds,
    ping_id,
    booking_id,
    vehicle_id,
    event,
    event_at as event_at_local,
    received_at as received_at_local,
    round(epoch(received_at - event_at) / 60, 1) as late_minutes,
    received_at - event_at > interval 30 minutes as is_late,
    station,
    nullif(battery_pct, 255) as battery_pct,
    case when event = 'end' then speed_kmh end as speed_kmh
from {{ bronze('vehicle_telemetry') }}
qualify row_number() over (partition by ping_id order by received_at) = 1
order by ping_id
