"""The block and the routes of a language model."""

from collections.abc import Callable
from pathlib import Path

import pytest
from support.templates import Resources, Template, operations, parse_template

from pilotlight.core.lambda_limits import UNZIPPED_LIMIT
from pilotlight.scaffold import FunctionNeeds, add_function, read_function

Expand = Callable[[Template], Resources]

PLAIN = {
    "generate": ["/v1/chat/completions", "/v1/completions"],
    "embed": ["/v1/embeddings", "/v1/rerank", "/v2/rerank"],
    "rerank": ["/v1/rerank", "/v2/rerank"],
    "classify": [],
    "tag": [],
}
MODELS = ["/v1/models", "/v1/models/{proxy+}", "/v1/{proxy+}"]


@pytest.fixture
def template(request: pytest.FixtureRequest) -> str:
    """The template that `init` writes."""
    path: Path = request.config.rootpath / "pilotlight" / "scaffold" / "files" / "template.yaml"
    return path.read_text()


@pytest.fixture
def old(request: pytest.FixtureRequest) -> str:
    """The template of a project that an earlier `init` made."""
    path: Path = request.config.rootpath / "tests" / "fixtures" / "old_project" / "template.yaml"
    return path.read_text()


def paths(template: str) -> list[str]:
    return list(parse_template(template)["Resources"]["Api"]["Properties"]["DefinitionBody"]["paths"])


def function_of(resources: Resources, path: str) -> str:
    """Which function answers a path: the logical id in the integration's address."""
    (operation,) = (found for name, found in operations(resources).items() if name.partition(" ")[2] == path)
    uri = operation["x-amazon-apigateway-integration"]["uri"]
    texts = [uri["Fn::Sub"]] if "Fn::Sub" in uri else [each["Fn::Sub"] for each in uri["Fn::If"][1:]]
    (function,) = {text.partition("functions/${")[2].partition(".Arn}")[0] for text in texts}
    return function


@pytest.mark.parametrize("task", PLAIN)
def test_the_first_model_of_a_task_gets_the_paths_without_a_name(template: str, task: str) -> None:
    added = add_function(template, "mine", needs=FunctionNeeds(task))
    own = ["/v2/models/mine", "/v2/models/mine/{proxy+}", "/v1/models/mine"]
    own += ["/v1/models/mine:predict", "/v1/models/mine/{proxy+}", "/mine/v1/{proxy+}"]
    assert paths(added) == [*paths(template), *own, *PLAIN[task], *MODELS]


def test_a_second_model_of_a_task_gets_those_with_its_name_alone(template: str, expand: Expand) -> None:
    one = add_function(template, "one", needs=FunctionNeeds("generate"))
    two = add_function(one, "two", needs=FunctionNeeds("generate"))
    assert [path for path in paths(two) if path not in paths(one)] == [
        *("/v2/models/two", "/v2/models/two/{proxy+}", "/v1/models/two", "/v1/models/two:predict"),
        *("/v1/models/two/{proxy+}", "/two/v1/{proxy+}"),
    ]
    resources = expand(parse_template(two))
    assert function_of(resources, "/v1/chat/completions") == "OneFunction"
    assert function_of(resources, "/two/v1/{proxy+}") == "TwoFunction"


def test_a_reranker_after_an_embedder_leaves_the_plain_path_as_it_is(template: str, expand: Expand) -> None:
    both = add_function(add_function(template, "e", needs=FunctionNeeds("embed")), "r", needs=FunctionNeeds("rerank"))
    resources = expand(parse_template(both))
    assert function_of(resources, "/v1/rerank") == "EFunction"
    assert function_of(resources, "/r/v1/{proxy+}") == "RFunction"


def test_the_catalog_answers_for_the_list_of_models_and_each_of_them(template: str, expand: Expand) -> None:
    resources = expand(parse_template(add_function(template, "chat", needs=FunctionNeeds("generate"))))
    for path in (*MODELS, "/v1/models/chat"):
        assert function_of(resources, path) == "CatalogFunction"
    for path in ("/v2/models/chat", "/v1/models/chat:predict", "/v1/models/chat/{proxy+}", "/chat/v1/{proxy+}"):
        assert function_of(resources, path) == "ChatFunction"


def test_text_that_is_generated_streams_on_each_path_of_the_model(template: str, expand: Expand) -> None:
    found = operations(expand(parse_template(add_function(template, "chat", needs=FunctionNeeds("generate")))))
    for path in ("any /chat/v1/{proxy+}", "post /v1/chat/completions", "post /v1/completions"):
        integration = found[path]["x-amazon-apigateway-integration"]
        assert integration["responseTransferMode"]["Fn::If"] == ["OwnRuntimeClient", "STREAM", "BUFFERED"]
        assert found[path]["security"] == [{"api_key": []}]
    embedding = operations(expand(parse_template(add_function(template, "e", needs=FunctionNeeds("embed")))))
    assert "responseTransferMode" not in embedding["any /e/v1/{proxy+}"]["x-amazon-apigateway-integration"]


def test_a_model_that_is_no_language_model_gets_what_it_got_before(template: str) -> None:
    assert add_function(template, "m", needs=FunctionNeeds(bytes=1, memory_mb=500)) == add_function(template, "m")


@pytest.mark.parametrize(
    ("needed", "written"), [(1769, None), (1770, 1792), (1793, 1856), (10_000, 10_048), (20_000, 10_240)]
)
def test_the_memory_is_what_the_model_needs_and_never_less_than_a_vcpu(
    template: str, needed: int, written: int | None
) -> None:
    added = add_function(template, "chat", needs=FunctionNeeds("generate", 10**8, needed))
    assert parse_template(added)["Resources"]["ChatFunction"]["Properties"].get("MemorySize") == written
    function = read_function(added, "chat")
    assert function is not None
    assert function.memory_mb == (written or 1769)


def test_a_model_that_a_zip_cannot_hold_becomes_an_image(template: str, expand: Expand) -> None:
    needs = FunctionNeeds("generate", UNZIPPED_LIMIT, 3000)
    added = add_function(template, "chat", needs=needs)
    function = parse_template(added)["Resources"]["ChatFunction"]
    assert function["Metadata"] == {
        "Dockerfile": "Dockerfile",
        "DockerContext": ".pilotlight/images/chat",
        "DockerTag": "chat",
    }
    assert function["Properties"]["PackageType"] == "Image"
    assert read_function(added, "chat") == (True, 3008)
    function["Properties"]["ImageUri"] = "chatfunction:chat"  # as `sam build` writes it
    built = parse_template(added)
    built["Resources"]["ChatFunction"] = function
    deployed = expand(built)["ChatFunction"]["Properties"]
    assert deployed["PackageType"] == "Image"
    assert not {"Runtime", "Handler", "Layers"} & set(deployed)
    assert deployed["MemorySize"] == 3008
    assert deployed["Environment"]["Variables"]["AWS_LAMBDA_EXEC_WRAPPER"]
    assert "exceed" in needs.explain("chat")
    assert read_function(add_function(template, "chat", needs=FunctionNeeds("generate", 10**8)), "chat") == (
        False,
        1769,
    )


@pytest.mark.parametrize("task", PLAIN)
def test_nothing_is_added_twice(template: str, old: str, task: str) -> None:
    needs = FunctionNeeds(task, UNZIPPED_LIMIT, 3000)
    for begun in (template, old):
        once = add_function(begun, "chat", needs=needs)
        assert add_function(once, "chat", needs=needs) == once


def test_in_a_template_of_an_earlier_init_the_routes_are_events(old: str) -> None:
    one = add_function(old, "one", needs=FunctionNeeds("generate", UNZIPPED_LIMIT))
    two = add_function(one, "two", needs=FunctionNeeds("generate"))
    resources = parse_template(two)["Resources"]
    events = {
        name: {event["Properties"]["Path"] for event in resources[f"{name}Function"]["Properties"]["Events"].values()}
        for name in ("One", "Two")
    }
    assert {"/one/v1/{proxy+}", "/v1/chat/completions", "/v1/completions"} <= events["One"]
    assert "/two/v1/{proxy+}" in events["Two"]
    assert not {"/v1/chat/completions", "/v1/completions"} & events["Two"]
    assert read_function(two, "one") == (True, 1769)
    assert read_function(two, "two") == (False, 1769)
