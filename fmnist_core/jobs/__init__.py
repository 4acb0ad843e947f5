"""Training in the background, and short calls into the engine, for pages and command line alike.

::

    local.LocalBackend     what the server holds: submit, command, position, call
      queue.FairQueue        who is next, between owners
      engine.EngineClient    the engine host as seen from the server; restarts it
      supervisor             what must be done about a run whose worker is silent, stuck or dead
    host                   the engine host: preloads TensorFlow, forks
      model_worker           answers calls (predict, explain)
      worker                 trains one run; also started fresh, without the host
    wire, processes        JSON and arrays over pipes; who is alive

Only workers import the engine, and only when they run.
"""
