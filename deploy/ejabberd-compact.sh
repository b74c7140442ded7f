#!/bin/sh
# Writes the tables of an ejabberd that is stopped anew, without what was deleted from them: their files keep it until something else
# is written there (docs/operating.md, decision 294). As the user to whom they belong:
#
#   runuser -u ejabberd -- sh deploy/ejabberd-compact.sh /var/lib/ejabberd
#
# Start ejabberd once and stop it again before: what its log still holds of a change is in the tables only then.
set -eu
cd "${1:?Say where its database is: sh deploy/ejabberd-compact.sh /var/lib/ejabberd}"
refuse() {
  echo "$1" >&2
  exit 1
}
[ -e schema.DAT ] || refuse "There is no database of ejabberd in $PWD."
[ -O schema.DAT ] || refuse "The database in $PWD is another user's: runuser -u $(stat -c %U schema.DAT) -- sh …"
for process in /proc/[0-9]*; do
  # The program as the system calls it, and what it was told: its open files can be seen by root only.
  [ "$(cat "$process/comm" 2>/dev/null)" = beam.smp ] || continue
  folder=$(tr '\0' '\n' <"$process/cmdline" 2>/dev/null | sed -n '/^-mnesia$/{n;/^dir$/{n;s/^"\(.*\)"$/\1/p;}}')
  [ -n "$folder" ] || continue
  # One folder may have many names, and in a container it has another one.
  if [ "$folder/schema.DAT" -ef schema.DAT ]; then refuse "ejabberd runs on $PWD: stop it first."; fi
  if [ ! -e "$folder" ] && [ "$(stat -c %u "$process")" = "$(stat -c %u schema.DAT)" ]; then
    refuse "An ejabberd runs as the owner of $PWD, on $folder, which is not to be seen from here: stop it first."
  fi
done

# A table is opened as it is to learn what it is, and once more to be written anew.
ERL_CRASH_DUMP_SECONDS=0 exec erl -noinput -eval '
  lists:foreach(
    fun(File) ->
      {ok, Table} = dets:open_file(File),
      Kind = [{Key, dets:info(Table, Key)} || Key <- [type, keypos]],
      ok = dets:close(Table),
      {ok, anew} = dets:open_file(anew, [{file, File}, {repair, force} | Kind]),
      ok = dets:close(anew)
    end,
    filelib:wildcard("*.DAT")),
  halt().'
