@echo off
rem Windows: `make book`, `make test`, `make serve` in a command prompt (`.\make book` in PowerShell).
rem Python 3.11 or newer must be on the path; .venv is made from requirements.txt.
setlocal
cd /d "%~dp0"
set OMP_NUM_THREADS=1
set OPENBLAS_NUM_THREADS=1
set MKL_NUM_THREADS=1
if "%DLBOOK_PROFILE%"=="" set DLBOOK_PROFILE=dev
set BIN=.venv\Scripts

if "%1"=="book" goto ready
if "%1"=="test" goto ready
if "%1"=="serve" goto ready
if "%1"=="lint" goto ready
if "%1"=="clean" (rmdir /s /q _build & exit /b 0)
echo make book    build the book: property tests, then pages
echo make serve   open the built book in a browser
echo make test    run all tests (set DLBOOK_PROFILE=ci for more examples)
echo make lint    check the style of the code
echo make clean   remove what was built
exit /b 1

:ready
if not exist %BIN%\python.exe py -3 -m venv .venv || python -m venv .venv || exit /b 1
fc /b requirements.txt .venv\installed.txt >nul 2>&1
if errorlevel 1 (
    echo Environment: installing requirements.txt into .venv
    %BIN%\python -m pip install --quiet --disable-pip-version-check -r requirements.txt || exit /b 1
    copy /y requirements.txt .venv\installed.txt >nul
)
goto %1

:book
%BIN%\jupyter-book build book/ -W -n --keep-going || exit /b 1
echo The book: %CD%\_build\html\index.html
exit /b 0

:test
%BIN%\python -m pytest -n %NUMBER_OF_PROCESSORS%
exit /b %errorlevel%

:serve
start "" http://127.0.0.1:8000/
%BIN%\python -m http.server --bind 127.0.0.1 --directory _build\html 8000
exit /b %errorlevel%

:lint
%BIN%\python -m ruff check .
exit /b %errorlevel%
