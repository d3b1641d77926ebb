-- The shape of the day: each hour's share of the rentals, ready to be embedded. An hour without rentals is 0.
select
    bookings.ds,
    max(hours.weekday) as weekday,
    bool_or(hours.is_holiday) as is_holiday,
    {{ whole_sum('bookings.rentals') }} as rentals,
    {% for hour in range(24) -%}
    round(coalesce(sum(bookings.rentals) filter (where bookings.hour = {{ hour }}), 0) / nullif(sum(bookings.rentals), 0), 6)
        as share_{{ '%02d' % hour }}{{ ',' if not loop.last }}
    {% endfor %}
from {{ ref('aggregate_bookings') }} as bookings
inner join {{ ref('clean_hours') }} as hours using (hour)
group by bookings.ds
order by bookings.ds
