//! The one step in which Redis gives a turn, or closes a bucket.

/// [`TokenStore::take_turn`](crate::TokenStore::take_turn) as a Lua script for Redis 5, with the state in the same text as that of stores
/// that only compare.
///
/// `KEYS[1]` is the bucket; `ARGV` holds requests and seconds of each window in turn. It returns the milliseconds to wait, 0 when
/// a token was taken. The clock is that of Redis, so those of the clients need not agree.
pub(crate) const TAKE_SCRIPT: &str = r#"
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

/// [`TokenStore::close_turns`](crate::TokenStore::close_turns) likewise; `ARGV[1]` is how long, in milliseconds.
#[cfg_attr(not(feature = "redis"), allow(dead_code))]
pub(crate) const CLOSE_SCRIPT: &str = r#"
local time = redis.call('TIME')
local till = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
local text = redis.call('GET', KEYS[1]) or ''
local closed, windows = string.match(text, '^(%d+)(;?.*)$')
till = math.max(till, tonumber(closed or '0'))
local life = math.max(redis.call('PTTL', KEYS[1]), ARGV[1], 1)
redis.call('SET', KEYS[1], string.format('%.0f', till) .. (windows or ''), 'PX', string.format('%.0f', life))
return 0
"#;

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::{
        io::{BufRead, BufReader, Write},
        os::unix::net::UnixStream,
        process::{Child, Command, Stdio},
    };

    use super::{super::spent::Spent, CLOSE_SCRIPT, TAKE_SCRIPT};
    use crate::Rate;

    /// A Redis of its own, on a socket in a directory of its own.
    struct Redis {
        server: Child,
        connection: BufReader<UnixStream>,
    }

    impl Redis {
        /// `None` on a machine without Redis.
        fn start() -> Option<Self> {
            let directory = std::env::temp_dir().join(format!("flybook-pace-{}", std::process::id()));
            std::fs::create_dir_all(&directory).unwrap();
            let socket = directory.join("socket");
            let mut server = Command::new("redis-server")
                .args(["--port", "0", "--save", "", "--unixsocket"])
                .arg(&socket)
                .current_dir(&directory)
                .stdout(Stdio::piped())
                .spawn()
                .ok()?;
            let mut lines = BufReader::new(server.stdout.take()?).lines();
            lines
                .find(|line| {
                    line.as_ref()
                        .is_ok_and(|line| line.to_lowercase().contains("ready to accept"))
                })?
                .ok()?;
            let connection = BufReader::new(UnixStream::connect(&socket).unwrap());
            std::fs::remove_dir_all(&directory).unwrap();
            Some(Self { server, connection })
        }

        fn ask(&mut self, words: &[&str]) -> String {
            let mut command = format!("*{}\r\n", words.len());
            for word in words {
                command += &format!("${}\r\n{word}\r\n", word.len());
            }
            self.connection.get_mut().write_all(command.as_bytes()).unwrap();
            let head = self.line();
            match head.strip_prefix('$') {
                Some("-1") => String::new(),
                Some(_) => self.line(),
                None => head,
            }
        }

        fn line(&mut self) -> String {
            let mut line = String::new();
            self.connection.read_line(&mut line).unwrap();
            line.trim_end().to_owned()
        }
    }

    impl Drop for Redis {
        fn drop(&mut self) {
            let _ = self.server.kill();
            let _ = self.server.wait();
        }
    }

    /// Step by step the script answers and keeps what the arithmetic of this crate does, its clock aside.
    #[test]
    fn the_script_is_the_arithmetic() {
        let Some(mut redis) = Redis::start() else {
            eprintln!("skipped: there is no redis-server");
            return;
        };
        let clock = TAKE_SCRIPT.lines().nth(1).unwrap();
        let clocks = format!("{clock}\nlocal now = time[1] * 1000 + math.floor(time[2] / 1000)\n");
        let script = TAKE_SCRIPT.replace(&clocks, "local now = tonumber(table.remove(ARGV))\n");
        assert_ne!(script, TAKE_SCRIPT);
        // Redis forgets by its own clock, and must not in the middle of the test.
        let script = script.replace("math.max(last - now, 1)", "math.max(last - now, 1) + 600000");
        let mut state = 3_u64;
        let mut random = move |below: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        // protocol §3.3: tiers 4, 6, 1 and 21
        for (key, rates) in [
            ("4", vec![Rate::per_minute(1000), Rate::per_second(50)]),
            ("6", vec![Rate::per_second(5)]),
            ("1", vec![Rate::per_minute(10)]),
            ("21", vec![Rate::per_second(3)]),
        ] {
            let mut spent = Spent::new(&rates);
            let mut now = 1_763_800_000_123;
            for step in 0..1500 {
                now += random(40);
                if step == 700 {
                    spent.close(now + 2000);
                    // As a client without the script closes a bucket.
                    redis.ask(&["SET", key, &spent.text()]);
                }
                let turn = spent.turn(now, 0);
                if turn == now {
                    spent.take(now);
                }
                let numbers = rates.iter().flat_map(|rate| [rate.requests, rate.seconds]);
                let mut words = vec!["EVAL".to_owned(), script.clone(), "1".to_owned(), key.to_owned()];
                words.extend(numbers.map(|number| number.to_string()));
                words.push(now.to_string());
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                assert_eq!(
                    redis.ask(&words),
                    format!(":{}", turn - now),
                    "step {step} of tier {key}"
                );
                if turn == now {
                    assert_eq!(redis.ask(&["GET", key]), spent.text(), "step {step} of tier {key}");
                }
            }
        }
        // And as it is, with the clock of Redis.
        assert_eq!(redis.ask(&["EVAL", TAKE_SCRIPT, "1", "real", "1", "60"]), ":0");
        let wait: u64 = redis.ask(&["EVAL", TAKE_SCRIPT, "1", "real", "1", "60"])[1..]
            .parse()
            .unwrap();
        assert!((59_000..=61_200).contains(&wait), "{wait}");
        let left: u64 = redis.ask(&["PTTL", "real"])[1..].parse().unwrap();
        assert!((59_000..=61_200).contains(&left), "{left}");
        // Closed for longer than the window, and the tokens that are out stay out.
        redis.ask(&["EVAL", CLOSE_SCRIPT, "1", "real", "90000"]);
        redis.ask(&["EVAL", CLOSE_SCRIPT, "1", "real", "5"]);
        let wait: u64 = redis.ask(&["EVAL", TAKE_SCRIPT, "1", "real", "1", "60"])[1..]
            .parse()
            .unwrap();
        assert!((89_000..=90_000).contains(&wait), "{wait}");
        assert!(
            Spent::read(&[Rate::per_minute(1)], &redis.ask(&["GET", "real"]))
                .text()
                .contains(":1")
        );
        redis.ask(&["EVAL", CLOSE_SCRIPT, "1", "new", "90000"]);
        assert_ne!(redis.ask(&["EVAL", TAKE_SCRIPT, "1", "new", "1", "60"]), ":0");
    }
}
