"""The browser door: the Gradio app, mounted beside the API in the same program."""

from fastapi import FastAPI

from service.wiring import Services


def mount_ui(application: FastAPI, services: Services) -> FastAPI:
    """The same application with the Gradio app at ``/``.

    Mounted last: an app at ``/`` answers everything that no earlier route has taken.
    """
    # Imported here because Gradio takes two seconds, and `app.py worker` or `admin` has no use for it.
    import gradio as gr

    from ui.blocks import build_blocks

    return gr.mount_gradio_app(
        application,
        build_blocks(services),
        path="/",
        show_error=False,
        max_file_size=int(services.settings.limits.max_upload_mb * 1_000_000),
    )
