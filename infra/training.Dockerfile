# The training image: Python, TensorFlow for GPUs with CUDA's libraries, Pilotlight and this project.
# `pilotlight image build` builds it. The build context has two folders: project/, without the files that
# infra/training.ignore lists, and tool/, which is Pilotlight itself. Docker's older builder and BuildKit both accept
# this file.
#
# Everything is pinned by hash: the base image here, every package in infra/training-requirements.txt. CUDA's libraries
# are among those packages (tensorflow[and-cuda]), so the base image needs none. The GPU driver is the instance's own.
# The digest is that of python:3.13-slim-trixie for all platforms, from Docker Hub. Update it with
#   docker buildx imagetools inspect python:3.13-slim-trixie
# Another base image needs Python 3.13 with venv, because the locked wheels are built for it.
ARG BASE=python:3.13-slim-trixie@sha256:9d2e5553305c7c7b0097999bb17187c69b921ccd6bc9d40e4bb5ebe652c00285
FROM ${BASE}

# infra/training-requirements-cpu.txt has the same packages with TensorFlow for the CPU.
ARG REQUIREMENTS=infra/training-requirements.txt
COPY project/${REQUIREMENTS} /opt/pilotlight/requirements.txt
RUN python3 -m venv /opt/venv \
    && /opt/venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check --no-deps --require-hashes \
        --only-binary=:all: --requirement /opt/pilotlight/requirements.txt

# The job definition uses the same user id. Some libraries require a user name for it.
RUN mkdir -p /home/trainer/project /home/trainer/tmp \
    && chown -R 1000:1000 /home/trainer \
    && { getent passwd 1000 || useradd --uid 1000 --home-dir /home/trainer --no-create-home trainer; }

COPY tool/ /opt/pilotlight/
RUN /opt/venv/bin/python -m compileall -q /opt/pilotlight
COPY --chown=1000:1000 project/ /home/trainer/project/

# AWS Batch and the NVIDIA runtime provide the GPU. Temporary files, such as checkpoints, are written to the disk.
ENV PATH=/opt/venv/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONPATH=/opt/pilotlight \
    PYTHONUNBUFFERED=1 \
    HOME=/home/trainer \
    TMPDIR=/home/trainer/tmp \
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility
USER 1000:1000
WORKDIR /home/trainer/project
ENTRYPOINT ["python3", "-m", "pilotlight.training"]
