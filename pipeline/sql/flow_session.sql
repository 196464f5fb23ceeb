-- flow_session: one row per connection: the flow records of one client, client
-- port, server, server port and protocol in which no pause is longer than the
-- setting. Bytes, packets; instants in UTC; max_record_s in seconds.
-- $1: longest pause inside a connection, in microseconds.
WITH record AS (
    SELECT
        bucket, src_ip, src_port, dst_ip, dst_port, proto,
        epoch_us(ts) AS first_us,
        epoch_us(ts) + round(duration_s * 1e6)::BIGINT AS last_us,
        orig_bytes, resp_bytes, orig_pkts, resp_pkts, sni, app, src_file, src_line
    FROM flows
),
paused AS (
    -- The running maximum, not the record before: records may overlap, and a
    -- short one inside a long one must not look like the end of it.
    SELECT *, first_us - max(last_us) OVER (
        PARTITION BY src_ip, src_port, dst_ip, dst_port, proto
        ORDER BY first_us, last_us, src_file, src_line
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS pause_us
    FROM record
),
numbered AS (
    SELECT *, count(*) FILTER (WHERE pause_us > $1::BIGINT) OVER (
        PARTITION BY src_ip, src_port, dst_ip, dst_port, proto
        ORDER BY first_us, last_us, src_file, src_line
        ROWS UNBOUNDED PRECEDING
    ) AS session
    FROM paused
),
stitched AS (
    SELECT
        min(bucket) AS bucket, src_ip, src_port, dst_ip, dst_port, proto,
        min(first_us) AS first_us, max(last_us) AS last_us, count(*) AS records,
        sum(orig_bytes)::BIGINT AS orig_bytes, sum(resp_bytes)::BIGINT AS resp_bytes,
        sum(orig_pkts)::BIGINT AS orig_pkts, sum(resp_pkts)::BIGINT AS resp_pkts,
        min(sni) FILTER (WHERE sni <> '') AS sni,
        min(app) FILTER (WHERE app <> '') AS app,
        max(last_us - first_us) AS max_record_us
    FROM numbered
    GROUP BY src_ip, src_port, dst_ip, dst_port, proto, session
),
opening AS (
    SELECT src_ip, dst_ip, dst_port, first_us, max(last_us) AS last_us
    FROM stitched
    WHERE proto = 'tcp'
    GROUP BY src_ip, dst_ip, dst_port, first_us
),
placed AS (
    -- TLS logs carry no client port: a handshake belongs to the connection begun
    -- last before it, with 5 s for clocks that differ.
    SELECT o.src_ip, o.dst_ip, o.dst_port, o.first_us, o.last_us, t.sni, t.ts_us
    FROM (
        SELECT src_ip, dst_ip, dst_port, sni, epoch_us(ts) AS ts_us, epoch_us(ts) + 5000000 AS until_us
        FROM tls
        WHERE sni <> ''
    ) AS t
    ASOF JOIN opening AS o
        ON o.src_ip = t.src_ip AND o.dst_ip = t.dst_ip AND o.dst_port = t.dst_port
        AND t.until_us >= o.first_us
),
handshake AS (
    SELECT 'tcp' AS proto, src_ip, dst_ip, dst_port, first_us, arg_min(sni, (ts_us, sni)) AS sni
    FROM placed
    WHERE ts_us <= last_us + 5000000
    GROUP BY src_ip, dst_ip, dst_port, first_us
)
SELECT
    s.bucket,
    s.src_ip AS client_ip,
    s.src_port AS client_port,
    s.dst_ip AS server_ip,
    s.dst_port AS server_port,
    s.proto,
    make_timestamptz(s.first_us) AS "start",
    make_timestamptz(s.last_us) AS "end",
    s.records, s.orig_bytes, s.resp_bytes, s.orig_pkts, s.resp_pkts,
    coalesce(s.sni, h.sni) AS sni, s.app,
    s.max_record_us / 1e6 AS max_record_s
FROM stitched AS s
LEFT JOIN handshake AS h
    ON h.proto = s.proto AND h.src_ip = s.src_ip AND h.dst_ip = s.dst_ip
    AND h.dst_port = s.dst_port AND h.first_us = s.first_us
ORDER BY client_ip, server_ip, server_port, s.proto, "start", client_port
