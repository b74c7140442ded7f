-- What Prosody keeps as usual, on a backend that is away while the file `earshot_failing_switch` is there.
-- The file names the stores that fail, `store:user` for one user alone; "once" beside them: the file goes with the first failure, as a connection that was lost is made anew.
local sm = require "core.storagemanager";
local internal = sm.load_driver(module.host, "internal");
local switch = module:get_option_string("earshot_failing_switch");

local function fails(store, user)
	local file = io.open(switch);
	if not file then return false; end
	local named = file:read("*a");
	file:close();
	named = " " .. named .. " ";
	if not (named:find(" " .. store .. " ", 1, true) or named:find(" " .. store .. ":" .. tostring(user) .. " ", 1, true)) then return false; end
	if named:find("once", 1, true) then os.remove(switch); end
	module:log("warn", "the backend is away: %s of %s", store, user);
	return true;
end

local function failing(store, name, method)
	return function (_, user, ...)
		if fails(name, user) then return nil, "the backend is away"; end
		return method(store, user, ...);
	end
end

local driver = {};

function driver:open(name, typ)
	local store, err = internal:open(name, typ);
	if not store then return nil, err; end
	return setmetatable({}, {
		__index = function (_, key)
			local value = store[key];
			return type(value) == "function" and failing(store, name, value) or value;
		end;
	});
end

function driver:stores(...) return internal:stores(...); end
function driver:purge(...) return internal:purge(...); end

module:provides("storage", driver);

-- Meanwhile the roster that is asked for is not remembered, as after those of a thousand others were read.
module:hook("iq-get/bare/jabber:iq:roster:query", function (event)
	local file = io.open(switch);
	if not file then return; end
	file:close();
	local remembered = prosody.hosts[module.host].roster_cache;
	if remembered then remembered:set(event.stanza.attr.to, nil); end
end, 1);
