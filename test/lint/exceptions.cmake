# Where gcc 12's static analysis is wrong, and about what. One kind of mistake: it loses a
# pointer that was put into a growing array or a list, and calls it leaked. LeakSanitizer
# and valgrind look at the same code as it runs, when there is no path left to guess.
foreach(file
    adapters/sqlite/db.c           # a statement, kept in the connection's cache
    adapters/sqlite/source.c       # the source, when its close runs through its table
    broker/audit/audit_readers.c   # a basis, appended to the reader's
    broker/bundle/bundle_walk.c    # an open folder, on the walk's stack
    broker/cli/parse.c             # a repeated option's texts
    broker/core/accept.c           # what was asked for a client, in the core's list
    broker/core/cosign.c           # a question to a witness, in the core's list
    broker/core/effects.c          # the array of effects
    test/bench/bench_redis.c       # the numbers of a connection, in the array of them
    test/fault/files/lose.c        # the names, in the array of them
    test/fault/memory/exhaust_alloc.c) # what its own malloc gives its own strdup
  get_filename_component(folder ${file} DIRECTORY)
  set_source_files_properties(${PROJECT_SOURCE_DIR}/${file} DIRECTORY
    ${PROJECT_SOURCE_DIR}/${folder} PROPERTIES COMPILE_OPTIONS -Wno-analyzer-malloc-leak)
endforeach()
