-- One row per booking: what was delivered twice is kept once.
select
    cast(booked_at as date) as ds,
    extract(hour from booked_at) as hour,
    booking_id,
    booked_at as booked_at_local,
    src_ts,
    user_type,
    vehicle_id,
    start_station,
    end_station,
    duration_min as ride_minutes,
    synthetic
from {{ bronze('bookings') }}
qualify row_number() over (partition by booking_id order by booked_at) = 1
order by booking_id
