-- One row per hour that the source counted. A blank weekday is filled from the date; what was blank stays told.
select
    dteday as ds,
    {{ hour_number('hr') }} as hour,
    dteday + to_hours({{ hour_number('hr') }}) as hour_start_local,
    src_ts,
    season,
    strftime(dteday, '%a') as weekday,
    weekday is null as was_weekday_blank,
    holiday = 'Yes' as is_holiday,
    workingday = 'Yes' as is_working_day,
    casual as casual_rentals,
    registered as registered_rentals,
    cnt as rentals
from {{ bronze('hourly_counts') }}
order by hour
