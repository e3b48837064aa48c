/*
 * Years are counted from March, so that the leap day is the last of its year;
 * 400 years have 146097 days.
 */
#include "calendar.h"

#define ERA_DAYS   146097
#define EPOCH_DAYS 719468 /* from 0000-03-01 to 1970-01-01 */

static int64_t
floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

int64_t
calendar_days(int year, int month, int day)
{
    int64_t y = (int64_t)year - (month <= 2);
    int64_t era = floor_div(y, 400);
    int64_t year_of_era = y - era * 400;
    int64_t month_from_march = (month + 9) % 12;
    int64_t day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * ERA_DAYS + day_of_era - EPOCH_DAYS;
}

int
calendar_month_days(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return days[month - 1] + (month == 2 && leap);
}

int
calendar_week_day(int64_t days)
{
    int64_t from_monday = days + 3; /* 1970-01-01 was a Thursday */

    return (int)(from_monday - floor_div(from_monday, 7) * 7);
}

void
calendar_split(int64_t at, struct civil *out)
{
    int64_t days = floor_div(at, DAY_US);
    int64_t rest = at % DAY_US < 0 ? at % DAY_US + DAY_US : at % DAY_US;
    int64_t shifted = days + EPOCH_DAYS;
    int64_t era = floor_div(shifted, ERA_DAYS);
    int64_t day_of_era = shifted - era * ERA_DAYS;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;

    out->day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    out->month = (int)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    out->year = (int)(year_of_era + era * 400 + (out->month <= 2));
    out->micro = (int)(rest % SECOND_US);
    rest /= SECOND_US;
    out->second = (int)(rest % 60);
    out->minute = (int)(rest / 60 % 60);
    out->hour = (int)(rest / 3600);
}

int64_t
calendar_join(const struct civil *in)
{
    int64_t seconds = (in->hour * 60 + in->minute) * 60 + in->second;

    return calendar_days(in->year, in->month, in->day) * DAY_US + seconds * SECOND_US + in->micro;
}

bool
calendar_is_real(const struct civil *in)
{
    return in->year >= 1 && in->year <= 9999 && in->month >= 1 && in->month <= 12 && in->day >= 1 &&
           in->day <= calendar_month_days(in->year, in->month) && in->hour >= 0 && in->hour <= 23 &&
           in->minute >= 0 && in->minute <= 59 && in->second >= 0 && in->second <= 59 &&
           in->micro >= 0 && in->micro <= 999999;
}
