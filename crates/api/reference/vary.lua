-- Asks a question that was not asked before with every request, so that each answer is computed.
local threads = 0

function setup(thread)
  thread:set("base", threads * 1000000)
  threads = threads + 1
end

function init()
  asked = base
end

function request()
  asked = asked + 1
  return wrk.format("GET", wrk.path .. string.format("&entry=1.%09d", asked))
end
