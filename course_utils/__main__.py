"""`python -m course_utils doctor · progress · text · notebook`."""

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
    text = commands.add_parser("text", help="write a notebook as a text file to edit")
    text.add_argument("path", help="the notebook, such as notebooks/04_backpropagation.ipynb")
    notebook = commands.add_parser(
        "notebook", help="build, run and store a notebook from its text"
    )
    notebook.add_argument("path", help="the text file, such as 04_backpropagation.py")
    return parser.parse_args(arguments)


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
    asked = read_command_line(arguments)
    if asked.command == "doctor":
        from course_utils import doctor

        return doctor.main()
    from course_utils import lessons

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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
