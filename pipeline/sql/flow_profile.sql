-- flow_profile: one row per client, server, server port and protocol, over all
-- the data. Bytes, packets; hours are clock hours in UTC, days are UTC days;
-- longest_s and active_s in seconds; hourly_bytes_cv is a ratio, -1 if unknown.
WITH session AS (
    SELECT *, epoch_us("start") AS first_us, epoch_us("end") AS last_us FROM flow_session
),
record AS (
    SELECT
        src_ip AS client_ip, dst_ip AS server_ip, dst_port AS server_port, proto,
        epoch_us(ts) AS first_us,
        round(duration_s * 1e6)::BIGINT AS length_us,
        orig_bytes + resp_bytes AS bytes
    FROM flows
),
covered AS (
    SELECT *, unnest(range(first_us // 3600000000, (first_us + length_us) // 3600000000 + 1)) AS hour
    FROM record
),
share AS (
    -- The bytes of a record are spread evenly: up to an instant it has carried
    -- floor(bytes * elapsed / length), so that the hours add up to the record.
    SELECT client_ip, server_ip, server_port, proto, hour, length_us,
        CASE WHEN length_us = 0 THEN bytes::HUGEINT ELSE
            bytes::HUGEINT * least((hour + 1) * 3600000000 - first_us, length_us) // length_us
            - bytes::HUGEINT * greatest(hour * 3600000000 - first_us, 0) // length_us
        END AS bytes
    FROM covered
),
hourly AS (
    SELECT client_ip, server_ip, server_port, proto, hour,
        sum(bytes)::BIGINT AS bytes, max(length_us) AS longest_record_us
    FROM share
    GROUP BY client_ip, server_ip, server_port, proto, hour
),
spread AS (
    SELECT client_ip, server_ip, server_port, proto,
        count(*) AS hours, count(DISTINCT hour // 24) AS days,
        sum(bytes::HUGEINT) AS total, sum(bytes::HUGEINT * bytes) AS squares,
        max(longest_record_us) AS longest_record_us
    FROM hourly
    GROUP BY client_ip, server_ip, server_port, proto
),
edge AS (
    SELECT client_ip, server_ip, server_port, proto, first_us AS at_us, 1 AS step
    FROM session WHERE last_us - first_us >= 3600000000
    UNION ALL
    SELECT client_ip, server_ip, server_port, proto, last_us, -1
    FROM session WHERE last_us - first_us >= 3600000000
),
open_count AS (
    -- An end at the instant of a beginning is a reconnection: it counts first.
    SELECT client_ip, server_ip, server_port, proto, sum(step) OVER (
        PARTITION BY client_ip, server_ip, server_port, proto ORDER BY at_us, step
        ROWS UNBOUNDED PRECEDING
    ) AS open_sessions
    FROM edge
),
parallel AS (
    SELECT client_ip, server_ip, server_port, proto, max(open_sessions)::INTEGER AS parallel
    FROM open_count
    GROUP BY client_ip, server_ip, server_port, proto
),
total AS (
    SELECT
        min(bucket) AS bucket, client_ip, server_ip, server_port, proto,
        min(sni) FILTER (WHERE sni <> '') AS sni,
        (count(DISTINCT sni) FILTER (WHERE sni <> ''))::INTEGER AS sni_count,
        min(app) FILTER (WHERE app <> '') AS app,
        min(first_us) AS first_us, max(last_us) AS last_us,
        count(*) AS sessions, max(last_us - first_us) AS longest_us,
        sum(orig_bytes)::BIGINT AS orig_bytes, sum(resp_bytes)::BIGINT AS resp_bytes,
        sum(orig_pkts)::BIGINT AS orig_pkts, sum(resp_pkts)::BIGINT AS resp_pkts,
        sum(last_us - first_us)::BIGINT AS active_us
    FROM session
    GROUP BY client_ip, server_ip, server_port, proto
)
SELECT
    t.bucket, t.client_ip, t.server_ip, t.server_port, t.proto, t.sni, t.sni_count, t.app,
    make_timestamptz(t.first_us) AS first_seen,
    make_timestamptz(t.last_us) AS last_seen,
    t.sessions,
    t.longest_us / 1e6 AS longest_s,
    s.hours::INTEGER AS hours_active,
    s.days::INTEGER AS days,
    (t.last_us // 3600000000 - t.first_us // 3600000000 + 1)::INTEGER AS span_h,
    coalesce(p.parallel, 0) AS parallel,
    t.orig_bytes, t.resp_bytes, t.orig_pkts, t.resp_pkts,
    t.active_us / 1e6 AS active_s,
    -- A record longer than an hour, or fewer than 6 hours, says nothing about
    -- regularity. Integers up to here: the same whatever the order of addition.
    CASE WHEN s.longest_record_us > 3600000000 OR s.hours < 6 OR s.total = 0 THEN -1.0
        ELSE sqrt((s.hours * s.squares - s.total * s.total)::DOUBLE) / s.total::DOUBLE
    END AS hourly_bytes_cv
FROM total AS t
JOIN spread AS s USING (client_ip, server_ip, server_port, proto)
LEFT JOIN parallel AS p USING (client_ip, server_ip, server_port, proto)
ORDER BY t.client_ip, t.server_ip, t.server_port, t.proto
