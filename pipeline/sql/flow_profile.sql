-- flow_profile: one row per client, server, server port, protocol and server name,
-- over all the data. Bytes, packets; hours are clock hours in UTC, days are UTC
-- days; longest_s, active_s and open_s in seconds; hourly_bytes_cv is a ratio, -1
-- if unknown. Sums are of integers: the same whatever the order of addition.
WITH long_session AS (
    SELECT
        client, server_ip, server_port, proto, coalesce(sni, '') AS sni,
        epoch_us("start") AS first_us, epoch_us("end") AS last_us,
        (orig_bytes + resp_bytes)::HUGEINT * 1000000000 // (epoch_us("end") - epoch_us("start")) AS rate
    FROM flow_session
    WHERE epoch_us("end") - epoch_us("start") >= 3600000000
),
usual AS (
    SELECT client, server_ip, server_port, proto, sni, quantile_disc(rate, 0.5) AS rate
    FROM long_session
    GROUP BY client, server_ip, server_port, proto, sni
),
equal_session AS (
    -- Pools hold the rate of shares constant, so that equal devices have equal
    -- rates: within a factor of 1.5 of the median.
    SELECT s.*
    FROM long_session AS s
    JOIN usual AS u USING (client, server_ip, server_port, proto, sni)
    WHERE 2 * s.rate <= 3 * u.rate AND 3 * s.rate >= 2 * u.rate
),
edge AS (
    SELECT client, server_ip, server_port, proto, sni, first_us AS at_us, 1 AS step FROM equal_session
    UNION ALL
    SELECT client, server_ip, server_port, proto, sni, last_us, -1 FROM equal_session
),
open_count AS (
    -- An end at the instant of a beginning is a reconnection: it counts first.
    SELECT client, server_ip, server_port, proto, sni, sum(step) OVER (
        PARTITION BY client, server_ip, server_port, proto, sni ORDER BY at_us, step
        ROWS UNBOUNDED PRECEDING
    ) AS open_sessions
    FROM edge
),
parallel AS (
    SELECT client, server_ip, server_port, proto, sni, max(open_sessions)::INTEGER AS parallel
    FROM open_count
    GROUP BY client, server_ip, server_port, proto, sni
),
sampled_time AS (
    -- Sampled records are single packets without length: the time from the first
    -- to the last packet of the sessions stands for it.
    SELECT client, server_ip, server_port, proto, coalesce(sni, '') AS sni,
        sum(epoch_us("end") - epoch_us("start"))::BIGINT AS active_us
    FROM flow_session
    WHERE sampling > 1
    GROUP BY client, server_ip, server_port, proto, coalesce(sni, '')
),
daily AS (
    -- A subscriber may have had several addresses in a day.
    SELECT
        client, server_ip, server_port, proto, coalesce(sni, '') AS sni, "day",
        min(app) FILTER (WHERE app <> '') AS app,
        min(first_seen) AS first_seen, max(last_seen) AS last_seen,
        sum(sessions) AS sessions, max(longest_us) AS longest_us,
        bit_count(bit_or(hours)) AS hours, max(night_hours) AS night_hours,
        sum(orig_bytes) AS orig_bytes, sum(resp_bytes) AS resp_bytes,
        sum(orig_pkts) AS orig_pkts, sum(resp_pkts) AS resp_pkts, sum(counted_pkts) AS counted_pkts,
        sum(active_us) AS active_us, least(sum(open_us), 86400000000) AS open_us,
        sum(unit_sum) AS unit_sum, sum(square_sum) AS square_sum,
        max(max_record_us) AS max_record_us, max(sampling) AS sampling,
        sum(beat_n) AS beat_n, sum(beat_tt) AS beat_tt, sum(beat_tb) AS beat_tb, sum(beat_to) AS beat_to, sum(beat_tr) AS beat_tr, sum(beat_bb) AS beat_bb,
        sum(beat_bo) AS beat_bo, sum(beat_br) AS beat_br, sum(beat_oo) AS beat_oo, sum(beat_or) AS beat_or, sum(beat_rr) AS beat_rr,
        sum(pulse_large_job_1) AS pulse_large_job_1, sum(pulse_large_job_2) AS pulse_large_job_2, sum(pulse_large_job_5) AS pulse_large_job_5,
        sum(pulse_large_5) AS pulse_large_5, sum(pulse_large_15) AS pulse_large_15, sum(pulse_large_30) AS pulse_large_30,
        sum(pulse_large_60) AS pulse_large_60, sum(pulse_large_120) AS pulse_large_120, sum(pulse_large_more) AS pulse_large_more,
        sum(pulse_small_job_1) AS pulse_small_job_1, sum(pulse_small_job_2) AS pulse_small_job_2, sum(pulse_small_job_5) AS pulse_small_job_5,
        sum(pulse_small_5) AS pulse_small_5, sum(pulse_small_15) AS pulse_small_15, sum(pulse_small_30) AS pulse_small_30,
        sum(pulse_small_60) AS pulse_small_60, sum(pulse_small_120) AS pulse_small_120, sum(pulse_small_more) AS pulse_small_more
    FROM flow_day
    GROUP BY client, server_ip, server_port, proto, coalesce(sni, ''), "day"
),
total AS (
    SELECT
        client, server_ip, server_port, proto, sni,
        min(app) FILTER (WHERE app <> '') AS app,
        min(epoch_us(first_seen)) AS first_us, max(epoch_us(last_seen)) AS last_us,
        sum(sessions)::BIGINT AS sessions, max(longest_us) AS longest_us,
        sum(hours)::INTEGER AS hours, sum(night_hours)::INTEGER AS night_hours,
        count(*)::INTEGER AS days,
        sum(orig_bytes)::BIGINT AS orig_bytes, sum(resp_bytes)::BIGINT AS resp_bytes,
        sum(orig_pkts)::BIGINT AS orig_pkts, sum(resp_pkts)::BIGINT AS resp_pkts,
        sum(counted_pkts)::BIGINT AS counted_pkts,
        sum(active_us)::BIGINT AS active_us, sum(open_us)::BIGINT AS open_us,
        sum(unit_sum) AS units, sum(square_sum) AS squares,
        max(max_record_us) AS max_record_us, max(sampling) AS sampling,
        -- Sums that leave the range of an integer say nothing: they saturate.
        least(sum(beat_n), 9000000000000000000)::BIGINT AS beat_n,
        least(sum(beat_tt), 9000000000000000000)::BIGINT AS beat_tt,
        least(sum(beat_tb), 9000000000000000000)::BIGINT AS beat_tb,
        least(sum(beat_to), 9000000000000000000)::BIGINT AS beat_to,
        least(sum(beat_tr), 9000000000000000000)::BIGINT AS beat_tr,
        least(sum(beat_bb), 9000000000000000000)::BIGINT AS beat_bb,
        least(sum(beat_bo), 9000000000000000000)::BIGINT AS beat_bo,
        least(sum(beat_br), 9000000000000000000)::BIGINT AS beat_br,
        least(sum(beat_oo), 9000000000000000000)::BIGINT AS beat_oo,
        least(sum(beat_or), 9000000000000000000)::BIGINT AS beat_or,
        least(sum(beat_rr), 9000000000000000000)::BIGINT AS beat_rr,
        sum(pulse_large_job_1)::BIGINT AS pulse_large_job_1, sum(pulse_large_job_2)::BIGINT AS pulse_large_job_2, sum(pulse_large_job_5)::BIGINT AS pulse_large_job_5,
        sum(pulse_large_5)::BIGINT AS pulse_large_5, sum(pulse_large_15)::BIGINT AS pulse_large_15, sum(pulse_large_30)::BIGINT AS pulse_large_30,
        sum(pulse_large_60)::BIGINT AS pulse_large_60, sum(pulse_large_120)::BIGINT AS pulse_large_120, sum(pulse_large_more)::BIGINT AS pulse_large_more,
        sum(pulse_small_job_1)::BIGINT AS pulse_small_job_1, sum(pulse_small_job_2)::BIGINT AS pulse_small_job_2, sum(pulse_small_job_5)::BIGINT AS pulse_small_job_5,
        sum(pulse_small_5)::BIGINT AS pulse_small_5, sum(pulse_small_15)::BIGINT AS pulse_small_15, sum(pulse_small_30)::BIGINT AS pulse_small_30,
        sum(pulse_small_60)::BIGINT AS pulse_small_60, sum(pulse_small_120)::BIGINT AS pulse_small_120, sum(pulse_small_more)::BIGINT AS pulse_small_more
    FROM daily
    GROUP BY client, server_ip, server_port, proto, sni
)
SELECT
    t.client, t.server_ip, t.server_port, t.proto,
    nullif(t.sni, '') AS sni, t.app,
    make_timestamptz(t.first_us) AS first_seen,
    make_timestamptz(t.last_us) AS last_seen,
    t.sessions,
    t.longest_us / 1e6 AS longest_s,
    t.hours AS hours_active,
    t.night_hours,
    t.days,
    (t.last_us // 3600000000 - t.first_us // 3600000000 + 1)::INTEGER AS span_h,
    coalesce(p.parallel, 0) AS parallel,
    t.orig_bytes, t.resp_bytes, t.orig_pkts, t.resp_pkts, t.counted_pkts,
    greatest(t.active_us, coalesce(s.active_us, 0)) / 1e6 AS active_s,
    greatest(t.open_us, coalesce(s.active_us, 0)) / 1e6 AS open_s,
    -- A record longer than an hour, or fewer than 6 hours, says nothing about
    -- regularity.
    CASE WHEN t.max_record_us > 3600000000 OR t.hours < 6 OR t.units = 0 THEN -1.0
        ELSE sqrt(greatest(t.hours * t.squares - t.units * t.units, 0)::DOUBLE) / t.units::DOUBLE
    END AS hourly_bytes_cv,
    t.sampling,
    t.beat_n, t.beat_tt, t.beat_tb, t.beat_to, t.beat_tr, t.beat_bb, t.beat_bo, t.beat_br, t.beat_oo, t.beat_or, t.beat_rr,
    t.pulse_large_job_1, t.pulse_large_job_2, t.pulse_large_job_5,
    t.pulse_large_5, t.pulse_large_15, t.pulse_large_30,
    t.pulse_large_60, t.pulse_large_120, t.pulse_large_more,
    t.pulse_small_job_1, t.pulse_small_job_2, t.pulse_small_job_5,
    t.pulse_small_5, t.pulse_small_15, t.pulse_small_30,
    t.pulse_small_60, t.pulse_small_120, t.pulse_small_more
FROM total AS t
LEFT JOIN parallel AS p USING (client, server_ip, server_port, proto, sni)
LEFT JOIN sampled_time AS s USING (client, server_ip, server_port, proto, sni)
ORDER BY t.client, t.server_ip, t.server_port, t.proto, t.sni
