"""`python -m course_utils doctor · progress · copies · restart · carry · data · report …`."""

import argparse
import sys


def read_command_line(arguments):
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m course_utils", description="Tools of the course."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("doctor", help="say what is in order here, and cure what is not")
    commands.add_parser("progress", help="say which exercises are solved")
    _add_data_commands(commands.add_parser("data", help="list, get and remove data sets"))
    backends = commands.add_parser("backends", help="run the Keras lessons on each back end")
    backends.add_argument("names", nargs="*", metavar="NAME", help="torch, tensorflow or jax")
    _add_serve_arguments(
        commands.add_parser("serve", help="answer with an exported detector over HTTP")
    )
    _add_report_arguments(
        commands.add_parser("report", help="judge detectors on your own CSV, on one page")
    )
    text = commands.add_parser("text", help="write a notebook as a text file to edit")
    text.add_argument("path", help="the notebook, such as notebooks/04_backpropagation.ipynb")
    notebook = commands.add_parser(
        "notebook", help="build, run and store a notebook from its text"
    )
    notebook.add_argument("path", help="the text file, such as 04_backpropagation.py")
    commands.add_parser(
        "copies", help="make your own copies of the lessons, or bring them up to date"
    )
    over = commands.add_parser(
        "restart", help="put your copy of a lesson aside and begin a new one"
    )
    over.add_argument("lesson", help="its number or name, such as 04")
    carry = commands.add_parser("carry", help="carry your work from an older download over")
    carry.add_argument("source", metavar="OLD_FOLDER", help="or one notebook")
    commands.add_parser("colab", help="write the cell for Google Colab into every notebook")
    return parser.parse_args(arguments)


def _add_data_commands(data):
    verbs = data.add_subparsers(dest="verb", metavar="VERB")
    verbs.add_parser("list", help="say what there is, and what of it is here (also without VERB)")
    get = verbs.add_parser("get", help="download data sets")
    get.add_argument("names", nargs="+", metavar="NAME")
    unpack = verbs.add_parser("unpack", help="take over a data set that you have yourself")
    unpack.add_argument("name", metavar="NAME")
    unpack.add_argument("source", metavar="FILE_OR_FOLDER")
    for verb, what in (("path", "print the folder of a data set"), ("remove", "delete one")):
        verbs.add_parser(verb, help=what).add_argument("name", metavar="NAME")


def _add_report_arguments(report):
    from course_utils.report import command

    command.add_arguments(report)


def _add_serve_arguments(serve):
    serve.add_argument("file", metavar="FILE.onnx", help="what a detector's export wrote")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen at (127.0.0.1)")
    serve.add_argument("--port", type=int, default=8000, help="0 takes a free one (8000)")
    serve.add_argument(
        "--token-file",
        metavar="PATH",
        help="holds the token that clients must send; otherwise COURSE_SERVE_TOKEN does",
    )
    for name, value, what in (
        ("--most-rows", 10_000, "rows in one request"),
        ("--most-bytes", 4_000_000, "bytes in one request"),
        ("--most-waiting", 64, "requests in the house; one more is turned away"),
    ):
        serve.add_argument(name, type=int, default=value, metavar="N", help=f"{what} ({value})")
    serve.add_argument(
        "--stop-with-input", action="store_true", help="stop when the standard input is closed"
    )


def main(arguments):
    """Carry out one command.

    Parameters
    ----------
    arguments : list of str
        The command line without the program's name.

    Returns
    -------
    int
        The exit status.
    """
    for stream in (sys.stdout, sys.stderr):  # into a pipe on Windows, cp1252 lacks half of it
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    asked = read_command_line(arguments)
    if asked.command == "doctor":
        from course_utils.course import doctor

        return doctor.main()
    if asked.command == "data":
        return _data(asked)
    if asked.command == "backends":
        return _backends(asked.names)
    if asked.command == "serve":
        from course_utils.serve import command

        return command.serve(asked)
    if asked.command == "report":
        from course_utils.report import command

        return command.main(asked)
    if asked.command == "colab":
        from course_utils.course import colab

        print(*colab.write_first_cells() or ["Every notebook has the cell."], sep="\n")
        return 0
    if asked.command in ("copies", "restart", "carry"):
        return _copies(asked)
    from course_utils.course import lessons

    try:
        if asked.command == "progress":
            print(lessons.progress_report())
        elif asked.command == "text":
            print(lessons.to_text(asked.path))
        else:
            print(lessons.from_text(asked.path))
    except (lessons.LessonError, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _copies(asked):
    from course_utils.course import copies

    try:
        if asked.command == "restart":
            lines = copies.restart(asked.lesson)
        else:
            lines = (
                copies.refresh() if asked.command == "copies" else copies.carry_from(asked.source)
            )
        print(*lines or ["Your copies of the lessons are up to date."], sep="\n")
    except KeyboardInterrupt:
        return 130
    except (copies.CopiesError, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _backends(names):
    from course_utils import checks
    from course_utils.course import backends

    from nbclient.exceptions import CellExecutionError

    try:
        return backends.main([checks.one_of(name, "NAME", backends.BACKENDS) for name in names])
    except (CellExecutionError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1


def _data(asked):
    from course_utils.data.store import download, registry

    try:
        if asked.verb == "get":
            for entry in [registry.entry(name) for name in asked.names]:
                print(download.fetch(entry.name))
        elif asked.verb == "unpack":
            print(download.unpack(asked.source, asked.name))
        elif asked.verb == "path":
            print(download.path_of(asked.name))
        elif asked.verb == "remove":
            there = download.remove(asked.name)
            print(f"{asked.name} is removed." if there else f"{asked.name} was not here.")
        else:
            print(download.listing())
    except (download.DownloadError, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped. Nothing half is left; the same command goes on.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
