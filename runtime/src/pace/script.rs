//! The one step in which Redis takes a token.

/// [`PaceStore::take`](crate::PaceStore::take) as a Lua script for Redis, with the state in the same text, so that clients with the
/// script and clients without may share a bucket.
///
/// `KEYS[1]` is the bucket; `ARGV` holds requests and seconds of each window in turn. It returns the milliseconds to wait, 0 when
/// a token was taken. The clock is that of Redis, so those of the clients need not agree.
pub const TAKE_SCRIPT: &str = r#"
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local text = redis.call('GET', KEYS[1])
local parts = {}
if text then
  for part in string.gmatch(text .. ';', '([^;]*);') do parts[#parts + 1] = part end
end
local closed = tonumber(parts[1] or '0') or 0
local turn = math.max(now, closed)
local last = closed
local windows = {}
for i = 1, #ARGV, 2 do
  local requests = math.max(tonumber(ARGV[i]), 1)
  local length = math.max(tonumber(ARGV[i + 1]), 1) * 1000
  local out, count = {}, 0
  for back, many in string.gmatch(parts[(i + 3) / 2] or '', '(%d+):(%d+)') do
    back, many = tonumber(back), tonumber(many)
    if back > now then
      out[#out + 1] = {back, many}
      count = count + many
    end
  end
  if count >= requests then turn = math.max(turn, out[1][1]) end
  windows[#windows + 1] = {length, out}
end
if turn > now then return turn - now end
text = string.format('%.0f', closed)
for _, window in ipairs(windows) do
  local length, out = window[1], window[2]
  local slice = math.max(math.floor(length / 50), 1)
  local back = math.ceil(now / slice) * slice + length
  if #out > 0 and out[#out][1] >= back then
    out[#out][2] = out[#out][2] + 1
  else
    out[#out + 1] = {back, 1}
  end
  last = math.max(last, out[#out][1])
  local batches = {}
  for n, batch in ipairs(out) do batches[n] = string.format('%.0f:%.0f', batch[1], batch[2]) end
  text = text .. ';' .. table.concat(batches, ',')
end
redis.call('SET', KEYS[1], text, 'PX', string.format('%.0f', math.max(last - now, 1)))
return 0
"#;
